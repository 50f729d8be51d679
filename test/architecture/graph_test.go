package architecture_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var arrow = regexp.MustCompile(`(?m)^\s*(\S+?)(?:\[.*\])? --> (\S+?)(?:\[.*\])?$`)

// TestGraphIsTrue compares the graph in docs/architecture.md with the code:
// the imports between packages that are part of the program.
func TestGraphIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, graph, found := strings.Cut(string(page), "```mermaid\ngraph ")
	if !found {
		t.Fatal("docs/architecture.md has no mermaid graph")
	}
	graph, _, _ = strings.Cut(graph, "```")
	drawn := map[string]bool{}
	for _, edge := range arrow.FindAllStringSubmatch(graph, -1) {
		drawn[edge[1]+" --> "+edge[2]] = true
	}

	imported := map[string]bool{}
	for _, p := range listPackages(t) {
		if strings.HasPrefix(p.path(), "test/") || p.path() == "backends/storetest" {
			continue
		}
		for _, path := range p.Imports {
			if own, ours := strings.CutPrefix(path, module+"/"); ours {
				imported[p.path()+" --> "+own] = true
			}
		}
	}
	for _, edge := range slices.Sorted(maps.Keys(imported)) {
		if !drawn[edge] {
			t.Errorf("the graph lacks: %s", edge)
		}
	}
	for _, edge := range slices.Sorted(maps.Keys(drawn)) {
		if !imported[edge] {
			t.Errorf("the graph shows what the code does not do: %s", edge)
		}
	}
}
