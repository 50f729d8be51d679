package main

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"ftpbridge/internal/config"
)

// newLogger writes text for people and JSON for everything else.
func newLogger(w io.Writer, cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel, ReplaceAttr: eventKey}
	_, onTerminal := terminal(w)
	if cfg.LogFormat == config.LogText || cfg.LogFormat == "" && onTerminal {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// eventKey names the message what it is: the event of the record.
func eventKey(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && attr.Key == slog.MessageKey {
		attr.Key = "event"
	}
	return attr
}

// terminal is the file descriptor of a stream with a person at the other end.
func terminal(stream any) (fd int, ok bool) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}
