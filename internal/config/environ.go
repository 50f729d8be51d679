package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// fileSuffix ends the name of the variable that names a secret's file.
const fileSuffix = "_FILE"

// ownVariables are the variables of environ that are ours and not empty, by
// their names without Prefix. Of several of one name the last counts.
func ownVariables(environ []string) map[string]string {
	env := map[string]string{}
	for _, assignment := range environ {
		name, value, _ := strings.Cut(assignment, "=")
		name, ours := strings.CutPrefix(name, Prefix)
		switch {
		case !ours || isServiceLink(name, value):
		case value == "":
			delete(env, name)
		default:
			env[name] = value
		}
	}
	return env
}

var (
	serviceAddress = regexp.MustCompile(`^([A-Z0-9_]+_)?SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$`)
	serviceLink    = regexp.MustCompile(`^([A-Z0-9_]+_)?PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$`)
	linkPort       = regexp.MustCompile(`_[0-9]+_(TCP|UDP|SCTP)`)
)

// isServiceLink recognises the variables that Kubernetes sets in every pod for
// a Service whose name begins with "ftpbridge", such as
// FTPBRIDGE_SERVICE_HOST and FTPBRIDGE_PORT=tcp://10.0.0.1:21.
func isServiceLink(name, value string) bool {
	if serviceAddress.MatchString(name) {
		return true
	}
	return serviceLink.MatchString(name) && (linkPort.MatchString(name) || strings.Contains(value, "://"))
}

// unavailable are variables that are documented and not built yet; one that
// ends in "_" stands for all that begin with it.
func unavailable() []string {
	return []string{
		"USER_", "USERS_FILE", "AUTH_URL", "LDAP_", "ADMIN_LISTEN", "ADMIN_TOKEN", "ADMIN_TOKEN_FILE",
		"RESUME_WINDOW", "ON_HANGUP", "HANGUP_GRACE", "MAX_SESSIONS_PER_IP", "MAX_SESSIONS_PER_USER",
		"MIN_RATE", "DRAIN_TIMEOUT", "READY_REQUIRES", "RELAY_",
	}
}

func isUnavailable(name string) bool {
	return slices.ContainsFunc(unavailable(), func(u string) bool {
		return name == u || strings.HasSuffix(u, "_") && strings.HasPrefix(name, u)
	})
}

// unknownVariables names the variables of env that nothing reads.
func unknownVariables(env map[string]string) Problems {
	known := names()
	var problems Problems
	for _, name := range slices.Sorted(maps.Keys(env)) {
		near := nearest(name, known)
		switch {
		case slices.Contains(known, name):
		case isUnavailable(name) && editDistance(name, near) > 1:
			problems.add(name, "not available yet in this version; remove it")
		case near != "":
			problems.add(name, "unknown variable; did you mean "+Prefix+near+"?")
		default:
			problems.add(name, "unknown variable; remove it (all are listed by: ftpbridge env)")
		}
	}
	return problems
}

// names are all variables that are read.
func names() []string {
	var all []string
	for f := range fields(new(Config)) {
		all = append(all, f.name())
		if f.secret() {
			all = append(all, f.name()+fileSuffix)
		}
	}
	return all
}

// nearest is the known name that name is probably a slip for, or empty.
func nearest(name string, known []string) string {
	best, bestDistance := "", max(2, len(name)/4)+1
	for _, candidate := range known {
		if d := editDistance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance is the Levenshtein distance.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substituted := diagonal
			if a[i] != b[j] {
				substituted++
			}
			diagonal = row[j+1]
			row[j+1] = min(substituted, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
