package b64xfer

// builtins land stage-1 with nothing but a printf of their own.
func builtins() []landing {
	octal := landing{xbit: "chmod of the host, or of busybox; zsh's own; else none is needed",
		probe: `printf "\101" 2>&-`, decoder: "printf", decode: `printf "$t" >|$Q`, encode: octalText}
	var all []landing
	for _, s := range []struct{ name, needs string }{
		{"sh", "nothing but a POSIX shell with a printf of its own"},
		{"bash", "nothing but bash"},
		{"dash", "nothing but dash"},
		{"ash", "nothing but the shell of busybox"},
		{"zsh", "nothing but zsh"},
		{"ksh", "nothing but ksh93"},
		{"yash", "nothing but yash (a damaged byte that is no character ends it)"},
	} {
		l := octal
		l.name, l.needs = s.name, s.needs
		all = append(all, l)
	}
	mksh := octal
	mksh.name, mksh.needs = "mksh", "nothing but mksh"
	mksh.probe, mksh.decoder, mksh.decode, mksh.encode = `print -n "\0101" 2>&-`, "print", `print -n -- "$t" >|$Q`, printText
	return append(all, mksh)
}
