package cli

import (
	"fmt"
	"io"

	"github.com/inspecto/insplint/rules"
	"github.com/spf13/cobra"
)

func (c *Command) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "explain [RULE]",
		Short:   "Tell what a rule means and how to fix what breaks it",
		Long:    "Tell what a rule means, why it matters and how to fix it. Without a rule, list them all.",
		Example: "  insplint explain\n  insplint explain INSP002\n  insplint explain committed-key",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range rules.All() {
				ids = append(ids, r.ID+"\t"+r.Name)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				_, err := io.WriteString(c.Stdout, rules.Index())
				return err
			case 1:
				rule, ok := rules.Lookup(args[0])
				if !ok {
					return fmt.Errorf("unknown rule %q; %q lists them", args[0], "insplint explain")
				}
				_, err := io.WriteString(c.Stdout, rules.Markdown(rule))
				return err
			}
			return fmt.Errorf("explain takes one rule, got %d", len(args))
		},
	}
}
