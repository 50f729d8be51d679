package ftp

import (
	"context"
	"fmt"
	"strings"
)

func (s *session) noop(context.Context, string) reply { return answer(200, "OK.") }

// system is SYST. Clients compare the whole text.
func (s *session) system(context.Context, string) reply { return answer(215, "UNIX Type: L8") }

// client is CLNT, by which clients introduce themselves.
func (s *session) client(context.Context, string) reply { return answer(200, "Noted.") }

// features is FEAT (RFC 2389, 3).
func (s *session) features(context.Context, string) reply {
	lines := []string{"Features:"}
	for _, row := range s.commands.rows {
		if row.feature == nil {
			continue
		}
		if feature := row.feature(s); feature != "" {
			lines = append(lines, " "+feature)
		}
	}
	return reply{code: 211, lines: append(lines, "End")}
}

// options is OPTS (RFC 2389, 4).
func (s *session) options(_ context.Context, arg string) reply {
	name, value, _ := strings.Cut(strings.TrimSpace(arg), " ")
	switch strings.ToUpper(name) {
	case "UTF8":
		switch strings.ToUpper(strings.TrimSpace(value)) {
		case "", "ON":
			return answer(200, "UTF8 is on.")
		case "OFF":
			return answer(200, "No effect: names are always in UTF8.")
		}
	case "MLST":
		s.facts = parseFacts(value)
		return answer(200, strings.TrimSpace("MLST OPTS "+s.facts.String()))
	}
	return answer(501, "Option not known.")
}

// help is HELP (RFC 959, 4.1.3).
func (s *session) help(_ context.Context, arg string) reply {
	if name := strings.ToUpper(strings.TrimSpace(arg)); name != "" {
		row := s.commands.byName[name]
		if row == nil {
			return answer(502, "Command not implemented.")
		}
		return answerf(214, "Syntax: %s", row.usage())
	}
	lines := []string{"The following commands are recognized:"}
	var line strings.Builder
	for i, row := range s.commands.rows {
		fmt.Fprintf(&line, " %-4s", row.name)
		if i%10 == 9 || i == len(s.commands.rows)-1 {
			lines = append(lines, line.String())
			line.Reset()
		}
	}
	return reply{code: 214, lines: append(lines, "End")}
}

// status is STAT without a path (RFC 959, 4.1.3).
func (s *session) status(context.Context, string) reply {
	kind := "A"
	if s.binary {
		kind = "I"
	}
	lines := []string{
		"Status:",
		" Logged in as " + s.user,
		" TYPE: " + kind + "; STRU: F; MODE: S",
	}
	if s.job != nil {
		lines = append(lines, fmt.Sprintf(" %s in progress: %d bytes so far", s.job.transfer.verb, s.job.transfer.moved.Load()))
	}
	return reply{code: 211, lines: append(lines, "End")}
}
