package govpay

import (
	"bufio"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCertificateAskedLate: a front end that asks for the certificate only when it
// has seen the path. Go's own server cannot do that; openssl's can.
func TestCertificateAskedLate(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("skipped: openssl, which can ask for a certificate in the middle of a connection, is not installed")
	}
	dir, ca := t.TempDir(), newAuthority(t, "CA della Regione")
	file := func(name string, b []byte) string { return write(t, filepath.Join(dir, name), b) }
	cert, key := ca.issue(t, "127.0.0.1", -time.Hour, time.Hour)
	ours, ourKey := ca.issue(t, "sportello-1", -time.Hour, time.Hour)
	conf := Config{CAFile: file("ca.pem", ca.pem)}
	with := Auth{Certificate: file("c.pem", ours), Key: file("c.key", ourKey)}
	args := []string{"s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-naccept", "1", "-cert", file("s.pem", cert), "-key", file("s.key", key), "-CAfile", conf.CAFile}

	ask := func(auth Auth) (shown bool, name string, err error) {
		cmd := exec.CommandContext(t.Context(), openssl, args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = cmd.Stdout
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		addr, done := make(chan string, 1), make(chan struct{})
		go func() {
			defer close(done)
			for lines := bufio.NewScanner(out); lines.Scan(); {
				line := lines.Text()
				switch {
				case strings.HasPrefix(line, "ACCEPT 127"):
					addr <- strings.TrimPrefix(line, "ACCEPT ")
				case strings.HasPrefix(line, "User-Agent: sportello"):
					_, _ = io.WriteString(in, "R\n") // now it knows the path, and asks
				case strings.Contains(line, "CN = sportello-1"), strings.Contains(line, "CN=sportello-1"):
					shown = true
				case line == "SSL_do_handshake -> 1":
					_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"nome\":\"SPOR\"}\n")
				}
			}
		}()
		defer func() { _ = cmd.Process.Kill(); <-done; _ = cmd.Wait() }() // first its output, then its end
		conf := conf
		conf.Auth = auth
		select {
		case a := <-addr:
			conf.Pagamento = "https://" + a
		case <-done:
			t.Skip("skipped: this openssl does not serve on a free port")
		}
		p, err := open(t, conf).Profile(t.Context(), Pagamento)
		_ = cmd.Process.Kill()
		<-done
		return shown, p.Name, err
	}
	if shown, name, err := ask(with); !shown || name != "SPOR" || err != nil {
		t.Errorf("with a certificate: shown %v, %q, %v", shown, name, err)
	}
	if shown, _, err := ask(Auth{}); shown || !errors.Is(err, ErrUnauthorized) {
		t.Errorf("without: shown %v, %v", shown, err)
	}
}
