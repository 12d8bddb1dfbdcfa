/*
Package staticlab runs programs that were packed into one file where nothing else
is: in empty roots with and without /dev, /proc and /tmp, as root and as nobody.

A test packs each of Programs, runs the file in each of Environments, and compares
with what the installed program says to the same command line:

	data := staticlab.Data{Dir: dir}
	err := data.Make()
	programs, err := staticlab.Programs(full, extra)
	for _, p := range programs {
		want, err := p.Native(ctx, data, 0)
		got, err := env.Run(ctx, data, staticlab.Packed{File: file, Args: p.Args, Env: p.Env})
		wrong := p.Differs(got, want)

Everything is mounted in a namespace of the calling thread alone, which ends with
the run: nothing is left behind, however it ends. It needs root.
*/
package staticlab
