package cli

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/inspecto/insplint/internal/verify"
	"github.com/inspecto/insplint/report"
	"github.com/inspecto/insplint/rules"
	"github.com/inspecto/insplint/scanner"
	"github.com/spf13/cobra"
)

// The variables that point verification at another server, for tests and
// gateways. They come from the caller's environment only, never from a file:
// a scanned tree must not choose where keys are sent.
const (
	productionVariable = "INSPLINT_PRODUCTION_URL"
	sandboxVariable    = "INSPLINT_SANDBOX_URL"
	rootsVariable      = "INSPLINT_CA_FILE"
)

// keyVariable holds the key that "verify" asks about.
const keyVariable = "INSPECTO_API_KEY"

// maxKeyInput bounds what "verify" reads from standard input.
const maxKeyInput = 1 << 20

func (c *Command) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Ask the vendor whether keys are live",
		Long: `Ask the vendor whether keys are live.

The keys are read from standard input, in any text; if standard input is a
terminal or empty, from $` + keyVariable + `. They are never taken from arguments,
which other users of the machine can see. A production key is sent to the
production API only, a sandbox key to the sandbox only, each in one GET request.
A string that only looks like a key, such as one in upper case, is sent too; a
placeholder is not.

Exit status: 0 if no key is live; 1 if one is; 2 for wrong usage, or if the vendor
gave no clear answer about one.`,
		Example: `  insplint verify < keys.txt
  ` + keyVariable + `=… insplint verify`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return errors.New("verify takes no arguments: pass keys on standard input or in $" + keyVariable)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := c.keyInput()
			if err != nil {
				return err
			}
			keys := scanner.KeysIn(text)
			if len(keys) == 0 {
				return errors.New("found no key to verify on standard input or in $" + keyVariable)
			}
			vendor, err := c.vendor()
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			if err := vendor.All(ctx, keys); err != nil {
				return err
			}
			return c.tellVerified(keys)
		},
	}
}

// keyInput reads what may hold keys.
func (c *Command) keyInput() ([]byte, error) {
	var text []byte
	if !isTerminal(c.Stdin) {
		var err error
		text, err = io.ReadAll(io.LimitReader(c.Stdin, maxKeyInput+1))
		if err != nil {
			return nil, fmt.Errorf("read keys from standard input: %w", err)
		}
		if len(text) > maxKeyInput {
			return nil, fmt.Errorf("read keys from standard input: more than %d bytes; \"insplint scan --verify -\" takes any amount", maxKeyInput)
		}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		text = []byte(c.Getenv(keyVariable))
	}
	return text, nil
}

// vendor is the vendor's API, as the environment names it.
func (c *Command) vendor() (*verify.Client, error) {
	options := verify.Options{
		Production: c.Getenv(productionVariable),
		Sandbox:    c.Getenv(sandboxVariable),
		UserAgent:  "insplint/" + version(),
	}
	if path := c.Getenv(rootsVariable); path != "" {
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read $%s: %w", rootsVariable, err)
		}
		options.RootCAs = x509.NewCertPool()
		if !options.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read $%s: %q holds no certificate", rootsVariable, path)
		}
	}
	return verify.New(options)
}

// tellVerified writes one line a key.
func (c *Command) tellVerified(keys []*rules.Key) error {
	var live, unknown bool
	for _, k := range keys {
		v := k.Verification
		live = live || v.Status == rules.Active
		unknown = unknown || v.Status == rules.Unknown
		line := fmt.Sprintf("%s  %s  %s", k.Secret.Masked(), k.Secret.Environment(), v.Status)
		if len(v.Scopes) > 0 {
			line += "  scopes: " + strings.Join(v.Scopes, ", ")
		}
		if v.Detail != "" {
			line += "  (" + v.Detail + ")"
		}
		if _, err := fmt.Fprintln(c.Stdout, report.Line(line)); err != nil {
			return err
		}
	}
	switch {
	case live:
		return errFindings
	case unknown:
		return errIncomplete
	}
	return nil
}
