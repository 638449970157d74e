package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
)

func TestNothingButYesIsAYes(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, " YES \n": true, "yes": true, "y\n": false, "no\n": false, "\n": false, "": false} {
		a := &app{stderr: io.Discard}
		if err := a.confirm(t.Context(), strings.NewReader(answer), "acme/A"); (err == nil) != want {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestAnInterruptedQuestionEndsAtOnce(t *testing.T) {
	var said bytes.Buffer
	silent, user := io.Pipe() // who types nothing
	defer user.Close()
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(interruption{syscall.SIGINT})
	err := (&app{stderr: &said}).confirm(ctx, silent, "acme/A")
	if !errors.As(err, new(interruption)) || !strings.HasSuffix(said.String(), "\nnothing was erased\n") {
		t.Errorf("%v; it said %q", err, &said)
	}
}
