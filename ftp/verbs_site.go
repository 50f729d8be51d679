package ftp

import (
	"context"
	"strings"
)

// siteHelp is SITE and SITE HELP (RFC 1123, 4.1.2.8).
func (s *session) siteHelp(context.Context, string) reply {
	lines := []string{"The following SITE commands are recognized:"}
	for _, row := range s.commands.rows {
		if name, ok := strings.CutPrefix(row.name, "SITE "); ok {
			lines = append(lines, " "+name)
		}
	}
	return reply{code: 214, lines: append(lines, "End")}
}

// siteMode is SITE CHMOD. Clients send it after each upload, and take a
// refusal for a failure of the whole.
func (s *session) siteMode(context.Context, string) reply {
	return answer(200, "No effect: files have no mode here.")
}

// siteMask is SITE UMASK.
func (s *session) siteMask(context.Context, string) reply {
	return answer(200, "No effect: files have no mode here.")
}

// siteIdle is SITE IDLE.
func (s *session) siteIdle(_ context.Context, arg string) reply {
	text := "The idle timeout is %.0f seconds."
	if arg != "" {
		text = "No effect: the idle timeout is %.0f seconds."
	}
	return answerf(200, text, s.server.idleTimeout().Seconds())
}
