package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ftpbridge/internal/config"
)

func newEnvCommand(environ []string) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "env",
		Short: "List every variable with its default, meaning and current value",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch format {
			case "text":
				return printVariables(cmd.OutOrStdout(), config.Variables(environ))
			case "markdown":
				return printVariablesTable(cmd.OutOrStdout(), config.Variables(nil))
			default:
				return badInput(fmt.Errorf("unknown format %q; use --format text or --format markdown", format))
			}
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, or markdown for the table of the documentation (without current values)")
	return cmd
}

func printVariables(w io.Writer, variables []config.Variable) error {
	var out strings.Builder
	for _, v := range variables {
		fmt.Fprintf(&out, "%s\n    %s\n", v.Name, v.Meaning)
		if v.Default != "" {
			fmt.Fprintf(&out, "    default: %s\n", v.Default)
		}
		if v.Current != "" {
			fmt.Fprintf(&out, "    now: %s\n", v.Current)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func printVariablesTable(w io.Writer, variables []config.Variable) error {
	var out strings.Builder
	out.WriteString("| variable | default | meaning |\n|---|---|---|\n")
	for _, v := range variables {
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", v.Name, v.Default, v.Meaning)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
