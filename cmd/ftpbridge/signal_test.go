package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// asProgram is set in the environment of a test binary that is to be the
// program.
const asProgram = "BE_THE_PROGRAM"

// TestSignals runs the program in a process of its own.
func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(fileStore(t.TempDir()), asProgram+"=1")
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var log strings.Builder
			signalled := false
			for lines := bufio.NewScanner(stderr); lines.Scan(); {
				log.WriteString(lines.Text() + "\n")
				if strings.Contains(lines.Text(), `"event":"listening"`) {
					signalled = true
					if err := cmd.Process.Signal(signal); err != nil {
						t.Error(err)
					}
				}
			}
			if err := cmd.Wait(); err != nil || !signalled {
				t.Errorf("ended with %v:\n%s", err, log.String())
			}
		})
	}
}
