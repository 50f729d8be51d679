package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
)

// notUsable stands for a value that is not repeated.
const notUsable = "(not usable)"

// Variable documents one variable.
type Variable struct {
	Name    string // in full
	Default string // for people: a value, or words
	Meaning string
	// Current is the value in force as far as it can be told: secrets are
	// masked, and one that cannot be used is not repeated.
	Current string
}

// Variables documents all variables, with the values that environ gives them.
func Variables(environ []string) []Variable {
	env := ownVariables(environ)
	var config Config
	var all []Variable
	for f := range fields(&config) {
		v := Variable{Name: Prefix + f.name(), Default: f.documentedDefault(), Meaning: f.tag.Get("desc")}
		v.Current = f.current(env)
		all = append(all, v)
		if f.secret() {
			name := f.name() + fileSuffix
			all = append(all, Variable{Name: Prefix + name, Meaning: "file that holds " + f.name() + ", instead of it", Current: existingFile(env[name])})
		}
	}
	return all
}

// defaultValue is what applies when the variable is not set.
func (f field) defaultValue(demo bool) string {
	if value := f.tag.Get("demo"); demo && value != "" {
		return value
	}
	return f.tag.Get("default")
}

func (f field) documentedDefault() string {
	normal, demo := f.tag.Get("default"), f.tag.Get("demo")
	switch {
	case f.tag.Get("shown") != "":
		return f.tag.Get("shown")
	case demo == "":
		return normal
	case normal == "":
		return demo + " in the demo, else required"
	default:
		return demo + " in the demo, else " + normal
	}
}

func (f field) current(env map[string]string) string {
	value := env[f.name()]
	switch {
	case f.secret() && value == "" && env[f.name()+fileSuffix] == "":
		return ""
	case f.secret():
		return NewSecret("set").String()
	case value == "":
		value = f.defaultValue(len(env) == 0)
	}
	if value == "" {
		return ""
	}
	if f.set(value) != nil {
		return notUsable
	}
	if f.name() == "STORE" {
		return withoutCredentials(value)
	}
	if level, ok := f.value.Interface().(slog.Level); ok {
		return strings.ToLower(level.String())
	}
	return fmt.Sprint(f.value.Interface())
}

// withoutCredentials is the URL if there are none in it.
func withoutCredentials(rawURL string) string {
	if u, err := url.Parse(rawURL); err != nil || u.User != nil {
		return notUsable
	}
	return rawURL
}

// existingFile is the path of a file that exists; anything else might be the
// secret itself, misplaced.
func existingFile(path string) string {
	if path == "" {
		return ""
	}
	if _, err := os.Stat(path); err != nil {
		return notUsable
	}
	return path
}
