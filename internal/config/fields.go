package config

import (
	"errors"
	"iter"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// field is a field of Config that a variable sets.
type field struct {
	value reflect.Value
	tag   reflect.StructTag
}

// fields yields the fields of c in their order.
func fields(c *Config) iter.Seq[field] {
	return func(yield func(field) bool) {
		config := reflect.ValueOf(c).Elem()
		for i := range config.NumField() {
			f := field{value: config.Field(i), tag: config.Type().Field(i).Tag}
			if f.tag.Get("envconfig") != "" && !yield(f) {
				return
			}
		}
	}
}

// name is the variable's name without Prefix.
func (f field) name() string { return f.tag.Get("envconfig") }

func (f field) secret() bool { return f.value.Type() == reflect.TypeFor[Secret]() }

// set converts text and stores it. The error says what was expected and never
// holds the text, which might be a secret in the wrong variable.
func (f field) set(text string) error {
	if err := decode(f.value, text); err != nil || !f.inBounds() {
		return errors.New(f.expected())
	}
	return nil
}

func (f field) inBounds() bool {
	switch v := f.value.Interface().(type) {
	case int:
		return v >= f.min()
	case time.Duration:
		return v > 0
	case Size:
		return v > 0
	default:
		choices := f.choices()
		return len(choices) == 0 || slices.Contains(choices, f.value.String())
	}
}

func (f field) choices() []string { return strings.Fields(f.tag.Get("choices")) }

func (f field) min() int {
	n, err := strconv.Atoi(f.tag.Get("min"))
	if err != nil {
		panic("config: " + f.name() + " needs a min tag")
	}
	return n
}

// expected tells what may be written.
func (f field) expected() string {
	switch f.value.Interface().(type) {
	case int:
		return "not a whole number that can be used; write one from " + strconv.Itoa(f.min()) + " on"
	case bool:
		return "neither true nor false; write one of them"
	case time.Duration:
		return "not a duration above 0; write one like 90s, 5m or 1h30m"
	case Size:
		return "not a size above 0; write bytes or a whole number with KiB, MiB or GiB, like 8MiB"
	case Addresses:
		return "not a list of addresses; write host:port or :port, with commas between several, like :2121 or 127.0.0.1:2121,[::1]:2121"
	case PortRange:
		return "not a range of ports; write first-last like 50000-50029, one port, or 0 for any free port"
	case Networks:
		return "not a list of networks; write addresses and networks, with commas between several, like 10.0.0.0/8,192.0.2.7"
	case DataPeer:
		return "not a rule for data connections; write address, tls, any, or cidr: and a list of networks, like cidr:10.0.0.0/8,192.168.0.0/16"
	case PassiveHost:
		return "neither an IPv4 address that clients can reach nor a name; write one like 203.0.113.7 or ftp.example.com, or addresses by the client's network, like 10.0.0.0/8=10.1.2.3,0.0.0.0/0=203.0.113.7"
	case Files:
		return "not a list of files; write paths, with commas between several"
	case slog.Level:
		return "not a log level; write debug, info, warn or error"
	default:
		choices := f.choices()
		last := len(choices) - 1
		return "not one of its values; write " + strings.Join(choices[:last], ", ") + " or " + choices[last]
	}
}

// decode lets envconfig convert text into value. Left to itself envconfig
// stops at the first error, takes an empty variable for a value, falls back to
// unprefixed names and knows only the process's own environment. So it gets
// one field at a time, with the text as the default of a variable that no
// environment can hold.
func decode(value reflect.Value, text string) error {
	spec := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: "Value",
		Type: value.Type(),
		Tag:  reflect.StructTag(`envconfig:"=" default:` + strconv.Quote(text)),
	}}))
	if err := envconfig.Process("", spec.Interface()); err != nil {
		return err
	}
	value.Set(spec.Elem().Field(0))
	return nil
}
