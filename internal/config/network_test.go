package config_test

import (
	"encoding"
	"net/netip"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ftpbridge/internal/config"
)

func TestPassiveHostForms(t *testing.T) {
	tests := map[string]config.PassiveHost{
		"203.0.113.7":      {Addr: netip.MustParseAddr("203.0.113.7")},
		"ftp.example.com":  {Name: "ftp.example.com"},
		"ftp.example.com.": {Name: "ftp.example.com."},
		"localhost":        {Name: "localhost"},
		"10.0.0.0/8=10.1.2.3, 192.0.2.7=192.0.2.1": {Networks: []config.PassiveNetwork{
			{Clients: netip.MustParsePrefix("10.0.0.0/8"), Addr: netip.MustParseAddr("10.1.2.3")},
			{Clients: netip.MustParsePrefix("192.0.2.7/32"), Addr: netip.MustParseAddr("192.0.2.1")},
		}},
	}
	for text, want := range tests {
		got := load(t, sound("FTPBRIDGE_PASSIVE_HOST="+text)...).PassiveHost
		if diff := cmp.Diff(want, got, equality()...); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestDataPeerForms(t *testing.T) {
	tests := map[string]config.DataPeer{
		"address":                     {},
		"tls":                         {TLS: true},
		"any":                         {Any: true},
		"cidr:10.1.0.0/8,2001:db8::1": {Networks: networks("10.0.0.0/8", "2001:db8::1/128")},
	}
	for text, want := range tests {
		got := load(t, sound("FTPBRIDGE_TLS_CERT=cert.pem", "FTPBRIDGE_DATA_PEER="+text)...).DataPeer
		if diff := cmp.Diff(want, got, equality()...); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzNetworkSettings: what a value is written as means the same again.
func FuzzNetworkSettings(f *testing.F) {
	for _, seed := range []string{
		"10.0.0.0/8,192.0.2.7", "::ffff:10.0.0.1", "cidr:10.0.0.0/8,2001:db8::/32", "tls", "any", "address", "203.0.113.7",
		"ftp.example.com", "10.0.0.0/8=10.1.2.3,0.0.0.0/0=203.0.113.7", "0.0.0.0/0=0.0.0.0", "a=b", "=", ",",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func() encoding.TextUnmarshaler{
			func() encoding.TextUnmarshaler { return new(config.Networks) },
			func() encoding.TextUnmarshaler { return new(config.DataPeer) },
			func() encoding.TextUnmarshaler { return new(config.PassiveHost) },
		} {
			value, again := read(), read()
			if value.UnmarshalText([]byte(text)) != nil {
				continue
			}
			written := reflect.ValueOf(value).MethodByName("String").Call(nil)[0].String()
			if err := again.UnmarshalText([]byte(written)); err != nil || !reflect.DeepEqual(value, again) {
				t.Errorf("%T %q is written as %q, which reads as %v, %v", value, text, written, again, err)
			}
		}
	})
}
