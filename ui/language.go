package ui

import (
	"net/http"
	"slices"
	"strings"

	"sportello/protocol/local"
)

// language is the first of the request's Accept-Language that the catalogue has, in the order written
// (browsers write the preferred first), else the configured one.
func (s *Server) language(r *http.Request) local.Language {
	header := r.Header.Get("Accept-Language")
	if len(header) > 256 {
		return s.options.Language
	}
	for part := range strings.SplitSeq(header, ",") {
		tag, _, _ := strings.Cut(part, ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if slices.Contains(local.Languages(), local.Language(primary)) {
			return local.Language(primary)
		}
	}
	return s.options.Language
}
