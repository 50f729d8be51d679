package ftp

import (
	"context"
	"fmt"
	"slices"
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
	case "HASH":
		return s.selectHash(strings.TrimSpace(value))
	case "REST": // REST STOR: WinSCP asks whether uploads can be continued
		return answer(200, "REST is checked at the transfer.")
	}
	return answer(501, "Option not known.")
}

// help is HELP (RFC 959, 4.1.3).
func (s *session) help(ctx context.Context, arg string) reply {
	if name := strings.ToUpper(strings.TrimSpace(arg)); name != "" {
		if name == "SITE" {
			return s.siteHelp(ctx, "")
		}
		row := s.commands.byName[name]
		if row == nil {
			return answer(502, "Command not implemented.")
		}
		return answerf(214, "Syntax: %s", row.usage())
	}
	var names []string
	for _, row := range s.commands.rows {
		if !strings.HasPrefix(row.name, "SITE ") {
			names = append(names, fmt.Sprintf(" %-4s", row.name))
		}
	}
	lines := []string{"The following commands are recognized:"}
	for line := range slices.Chunk(names, 10) {
		lines = append(lines, strings.TrimRight(strings.Join(line, ""), " "))
	}
	return reply{code: 214, lines: append(lines, "End")}
}

// host is HOST (RFC 7151, 3). There is one host, whatever its name.
func (s *session) host(_ context.Context, arg string) reply {
	switch {
	case s.named || s.files != nil:
		return answer(503, "Send HOST before USER.")
	case !validHost(arg):
		return answer(501, "Syntax: HOST name")
	}
	return answer(220, "Host accepted.")
}

// language is LANG (RFC 2640, 4.1). Without an argument it is the default again.
func (s *session) language(_ context.Context, arg string) reply {
	if tag, _, _ := strings.Cut(strings.TrimSpace(arg), "-"); tag != "" && !strings.EqualFold(tag, "EN") {
		return answer(504, "Language not available; use EN.")
	}
	return answer(200, "Replies are in EN.")
}

// identity is CSID, by which a client and a server tell what they are
// (draft-peterson-streamlined-ftp-command-extensions).
func (s *session) identity(context.Context, string) reply {
	return answer(200, "Name=ftpbridge; CaseSensitive=1; DirSep=/;")
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
