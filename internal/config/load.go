package config

import (
	"crypto/rand"
	"reflect"
	"strings"
)

// Problems are all that is wrong with a configuration, one line each: the
// variable, what is wrong and what to do. They never hold a value.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, "\n") }

// NewProblems is one problem with a variable, named without Prefix, for each
// line of text.
func NewProblems(name, text string) Problems {
	var problems Problems
	for line := range strings.SplitSeq(text, "\n") {
		problems.add(name, line)
	}
	return problems
}

func (p *Problems) add(name, text string) { *p = append(*p, Prefix+name+": "+text) }

// Load reads the configuration from the variables of environ ("name=value")
// whose names begin with Prefix. An empty value counts as not set. With none
// set it is the demo: a local directory and a generated password. The error,
// if any, is Problems.
func Load(environ []string) (Config, error) {
	env := ownVariables(environ)
	config := Config{Demo: len(env) == 0}
	problems := unknownVariables(env)
	bad := map[string]bool{}
	for f := range fields(&config) {
		if text := f.load(env, config.Demo); text != "" {
			problems.add(f.name(), text)
			bad[f.name()] = true
		}
	}
	if config.Demo {
		config.Password = NewSecret(generatePassword())
	}
	if config.TLSMode == "" {
		config.TLSMode = defaultTLSMode(config)
	}
	problems = append(problems, config.check(bad)...)
	if len(problems) > 0 {
		return Config{}, problems
	}
	return config, nil
}

// load sets the field from env, else to its default, and returns what is
// wrong, if anything.
func (f field) load(env map[string]string, demo bool) string {
	if f.secret() {
		secret, problem := loadSecret(env, f.name())
		f.value.Set(reflect.ValueOf(secret))
		return problem
	}
	value := env[f.name()]
	if value == "" {
		value = f.defaultValue(demo)
	}
	if value == "" {
		return ""
	}
	if err := f.set(value); err != nil {
		return err.Error()
	}
	return ""
}

func loadSecret(env map[string]string, name string) (Secret, string) {
	value, path := env[name], env[name+fileSuffix]
	switch {
	case value != "" && path != "":
		return Secret{}, "set together with " + Prefix + name + fileSuffix + "; remove one of them"
	case path == "":
		return NewSecret(value), ""
	}
	value, err := readSecretFile(path)
	if err != nil {
		return Secret{}, "its file, named by " + Prefix + name + fileSuffix + ", cannot be used (" + err.Error() + "); name a readable file that holds the secret"
	}
	return NewSecret(value), ""
}

// generatePassword makes a password of 80 bits that a shell and a URL take as
// it is.
func generatePassword() string { return strings.ToLower(rand.Text()[:16]) }
