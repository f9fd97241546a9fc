//go:build tools

// Package govulncheck pins the command that the tests hold gox's reading of the vulnerability database against.
package govulncheck

import _ "golang.org/x/vuln/cmd/govulncheck"
