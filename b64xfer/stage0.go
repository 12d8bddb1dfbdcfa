package b64xfer

import (
	"rescuebox/b64xfer/stage0"
)

// typedObjects are the receivers for a shell that gets one printf line: an object that lands
// stage-1.
func typedObjects() []receiver {
	return []receiver{
		{name: "stage0", needs: "nothing but bash, dash, ash, ksh93, yash or zsh, and a loader that works", memory: true, stop: ": .;",
			xbit: "stage-0 itself", unshifted: true, start: typedObject(stage0.Object)},
		{name: "stage0-plain", needs: "the same, and a place where files are executable as they come (vfat), or --over FILE", memory: true, stop: ": .;",
			xbit: "the place's, or another file's", unshifted: true, start: typedObject(stage0.Plain)},
	}
}

func typedObject(form stage0.Form) func(plan) (string, []string, error) {
	return func(p plan) (string, []string, error) {
		program, _, err := p.stage1()
		if err != nil {
			return "", nil, err
		}
		c := stage0.Config{Arch: p.Arch, Form: form, Dest: p.Dest, Force: p.Force || p.Memory, Unshifted: p.Unshifted}
		if form == stage0.Plain {
			c.Over = p.Over
		}
		command, err := stage0.Command(c)
		if err != nil {
			return "", nil, err
		}
		return command[1:], stage0.Lines(program), nil
	}
}
