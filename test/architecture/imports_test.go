// Package architecture_test holds the code to the import rules of
// docs/architecture.md, and that page to the code.
package architecture_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "ftpbridge"

// rule says what the non-test code of a package may import besides the
// standard library.
type rule struct {
	ours       []string // packages of this module
	thirdParty []string // modules of others
}

const (
	envconfig  = "github.com/kelseyhightower/envconfig"
	cobra      = "github.com/spf13/cobra"
	awsSDK     = "github.com/aws/aws-sdk-go-v2"
	fsnotify   = "github.com/fsnotify/fsnotify"
	proxyproto = "github.com/pires/go-proxyproto"
	smithy     = "github.com/aws/smithy-go"
	xattr      = "github.com/pkg/xattr"
	xCrypto    = "golang.org/x/crypto"
	xSync      = "golang.org/x/sync"
	xSys       = "golang.org/x/sys"
	xTerm      = "golang.org/x/term"
)

// rules has a row for every package. Nobody imports what is not in its row.
var rules = map[string]rule{
	"backends":           {},
	"backends/all":       {ours: []string{"backends", "backends/file", "backends/layer", "backends/s3"}},
	"backends/file":      {ours: []string{"backends"}, thirdParty: []string{xattr, xSys}},
	"backends/layer":     {ours: []string{"backends"}},
	"backends/mem":       {ours: []string{"backends"}},
	"backends/s3":        {ours: []string{"backends"}, thirdParty: []string{awsSDK, smithy, xSync}},
	"backends/storetest": {ours: []string{"backends"}},
	"bridge":             {ours: []string{"backends", "ftp", "internal/bufpool"}, thirdParty: []string{xSync}},
	"cmd/ftpbridge": {
		ours:       []string{"backends", "backends/all", "backends/layer", "bridge", "ftp", "internal/bufpool", "internal/certs", "internal/config", "internal/proxyproto", "internal/users"},
		thirdParty: []string{cobra, xTerm},
	},
	"ftp":                 {thirdParty: []string{xSys}},
	"internal/bufpool":    {thirdParty: []string{xSync}},
	"internal/certs":      {thirdParty: []string{fsnotify}},
	"internal/config":     {thirdParty: []string{envconfig}},
	"internal/proxyproto": {thirdParty: []string{proxyproto}},
	"internal/users":      {thirdParty: []string{xCrypto, xSync}},
	"test/architecture":   {},
	"test/bench":          {},
	"test/e2e":            {},
	"test/netns":          {},
	"test/servers":        {},
}

// cloudSDKs are for the drivers, their tests and the tests on real servers.
var cloudSDKs = []string{"github.com/aws/", "cloud.google.com/", "google.golang.org/api", "github.com/Azure/"}

// goPackage is what `go list -json` tells of a package.
type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func (p goPackage) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags", "integration",
		"-json=ImportPath,Imports,TestImports,XTestImports", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		seen[p.path()] = true
		allowed, known := rules[p.path()]
		if !known {
			t.Errorf("%s has no row in rules: say what it may import", p.path())
			continue
		}
		for _, path := range p.Imports {
			if own, ours := strings.CutPrefix(path, module+"/"); ours {
				if !slices.Contains(allowed.ours, own) {
					t.Errorf("%s must not import %s", p.path(), own)
				}
			} else if isThirdParty(path) && !fromModules(path, allowed.thirdParty) {
				t.Errorf("%s must not import %s", p.path(), path)
			}
		}
	}
	for path := range rules {
		if !seen[path] {
			t.Errorf("rules has a row for %s, which does not exist", path)
		}
	}
}

func TestOnlyDriversUseCloudSDKs(t *testing.T) {
	for _, p := range listPackages(t) {
		if strings.HasPrefix(p.path(), "backends/") || strings.HasPrefix(p.path(), "test/") {
			continue
		}
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if slices.ContainsFunc(cloudSDKs, func(sdk string) bool { return strings.HasPrefix(path, sdk) }) {
				t.Errorf("%s or its tests import %s: only drivers in backends/ use a cloud SDK", p.path(), path)
			}
		}
	}
}

// isThirdParty: the first element of a path outside the standard library is a
// host name.
func isThirdParty(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return strings.Contains(host, ".")
}

func fromModules(path string, modules []string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") })
}
