//go:build webui

package ui

import "embed"

// Built says that this binary carries its page.
const Built = true

// Without a built page this does not compile: a release cannot ship without it.
//
//go:embed all:web/dist
var embedded embed.FS

const embeddedRoot = "web/dist"
