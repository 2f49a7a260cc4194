// Command argocd is every Argo CD program that tests of the delivery run, in one binary: it is linked once instead of three times.
// It picks the program by its own file name, so it is used through one link per program.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/util/log"
	"github.com/argoproj/gitops-engine/pkg/utils/io"
)

// programs: program name → its command.
var programs = map[string]func() *cobra.Command{
	"argocd-application-controller": controller.NewCommand,
	"argocd-repo-server":            reposerver.NewCommand,
	"argocd-resource-health":        newHealthCommand,
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println(common.GetVersion())
		return
	}
	// Manifests, and what opens the cluster, are then written to TMPDIR and go with the lab, instead of /dev/shm.
	io.TempDir = ""
	klog.SetLogger(log.NewLogrusLogger(log.NewWithCurrentConfig()))
	program, known := programs[filepath.Base(os.Args[0])]
	if !known {
		fmt.Fprintf(os.Stderr, "%s: run this file through a link named argocd-*\n", os.Args[0])
		os.Exit(2)
	}
	if program().Execute() != nil {
		os.Exit(1)
	}
}
