package local

import _ "embed"

// OpenAPI is the description of the HTTP interface (OpenAPI 3.0, YAML). A test compares it with the
// types and codes of this package, package ui another one with the routes it serves.
//
//go:embed openapi.yaml
var OpenAPI []byte
