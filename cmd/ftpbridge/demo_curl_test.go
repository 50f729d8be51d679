//go:build integration

package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemoLinesWork pastes each printed curl line into a shell.
func TestDemoLinesWork(t *testing.T) {
	cfg := demoConfig(t)
	var stdout strings.Builder
	startServing(t, 1, func(ctx context.Context, stderr io.Writer) int {
		if err := serveConfig(ctx, cfg, &stdout, stderr); err != nil {
			return exitFailure
		}
		return exitOK
	})
	var outputs []string
	for line := range strings.Lines(stdout.String()) {
		line = strings.TrimSpace(line)
		if !strings.Contains(line, "curl") {
			continue
		}
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		outputs = append(outputs, string(out))
	}
	if len(outputs) != 3 || !strings.Contains(outputs[1], "hello.txt") || outputs[2] != "hello\n" {
		t.Errorf("outputs %q; want nothing, a listing with hello.txt, and hello", outputs)
	}
	stored, err := os.ReadFile(filepath.Join(strings.TrimPrefix(cfg.Store, "file:"), "hello.txt"))
	if err != nil || string(stored) != "hello\n" {
		t.Errorf("the directory holds %q, %v", stored, err)
	}
}
