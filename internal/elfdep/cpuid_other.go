//go:build !amd64 && !386

package elfdep

func hostFeatures() features { return features{} }
