//go:build !amd64

package snapshot

import (
	"bytes"
	"errors"
	"testing"
)

func TestOtherMachines(t *testing.T) {
	var out bytes.Buffer
	err := Make(t.Context(), Input{Program: "/bin/sh"}, &out)
	var refused *Refused
	if !errors.As(err, &refused) || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}
