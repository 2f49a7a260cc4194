//go:build tools

// Package prometheus pins the promtool that tries the alert rules.
package prometheus

import _ "github.com/prometheus/prometheus/cmd/promtool"
