package config

import (
	"errors"
	"iter"
	"log/slog"
	"net/netip"
	"reflect"
	"strconv"
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
	case netip.Addr:
		return v.Is4() && !v.IsUnspecified()
	default:
		return true
	}
}

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
	case netip.Addr:
		return "not an IPv4 address that clients can reach; write one like 203.0.113.7"
	case slog.Level:
		return "not a log level; write debug, info, warn or error"
	case LogFormat:
		return "not a log format; write text or json"
	default:
		return "not a value that can be used"
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
