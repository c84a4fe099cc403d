package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sportello/cmd/sportello/internal/config"
)

// TestPiecesOfConfigurationInTheDocuments: each can be put into the sample as it stands.
func TestPiecesOfConfigurationInTheDocuments(t *testing.T) {
	p := newPatient(t, "")
	sample := document(t, "cmd/sportello/internal/config/testdata/sample.yaml")
	p.write("govpay.password", patientPassword+"\n")
	p.write("segreteria.json", `{"type": "object", "properties": {"pratica": {"type": "string", "maxLength": 20}}}`)
	pieces := 0
	for _, piece := range fenced(document(t, "docs/integratore.md"), "yaml") {
		var whole string
		switch {
		case piece == sample:
			continue // TestConfigurationInTheDocuments
		case strings.Contains(piece, "\nservices:"):
			whole = sample + piece
		case strings.Contains(piece, "\noffline:"):
			whole = strings.Replace(sample, "offline: {allow: false}", "", 1) + piece
		default:
			continue
		}
		pieces++
		path := filepath.Join(p.dir, "piece.yaml")
		if err := os.WriteFile(path, []byte(strings.NewReplacer("/etc/sportello", p.dir, "/var/lib/sportello", p.dir).Replace(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, problems := config.Check(path); len(problems) > 0 {
			t.Errorf("%s\n%v", piece, problems)
		}
	}
	if pieces != 2 {
		t.Errorf("%d pieces found", pieces)
	}
}
