//go:build !webui

package ui

import "embed"

// Built says that this binary does not carry its page: it was built without the tag webui, and
// shows a hand-written one that says so.
const Built = false

//go:embed fallback
var embedded embed.FS

const embeddedRoot = "fallback"
