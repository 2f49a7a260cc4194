package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/argoproj/argo-cd/v3/util/lua"
)

// newHealthCommand gives a command that judges objects as the application controller does: it reads a stream of JSON objects and
// writes one line of JSON for each, with its status and message. Argo CD's own command for that starts anew for every object.
func newHealthCommand() *cobra.Command {
	return &cobra.Command{
		Use:          "argocd-resource-health SCRIPT",
		Short:        "Judge the JSON objects of standard input by the Lua in SCRIPT",
		Args:         cobra.ExactArgs(1),
		SilenceUsage: true,
		RunE: func(command *cobra.Command, args []string) error {
			decoder, encoder := json.NewDecoder(command.InOrStdin()), json.NewEncoder(command.OutOrStdout())
			for {
				object := &unstructured.Unstructured{}
				if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
				health, err := lua.VM{}.ExecuteHealthLua(object, args[0])
				if err != nil {
					return err
				}
				if err := encoder.Encode(health); err != nil {
					return err
				}
			}
		},
	}
}
