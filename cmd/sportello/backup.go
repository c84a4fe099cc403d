package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
	"sportello/ui"
)

// maintenanceName is the file beside the ledger whose reader may have a copy of it, and the bundle. Its rights are the ledger's.
const maintenanceName = "maintenance.token"

// What can keep a copy from being made.
var (
	errCopyThere  = errors.New("il file della copia c'è già")
	errNoSpace    = errors.New("sul disco della copia non c'è abbastanza spazio")
	errCopyBroken = errors.New("la copia si è interrotta")
)

// copyAttempts is how often a copy that gave way to a payment is begun again.
const copyAttempts = 5

// backupAnswer is the document of `sportello backup --json`.
type backupAnswer struct {
	File string `json:"file"`
	ledger.Copy
}

// runBackup writes a copy of the ledger: through the running service, or from the file when none runs.
func runBackup(args []string) int {
	fs := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags := connectionFlags(fs)
	asJSON := fs.Bool("json", false, "un documento JSON")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() != 1 {
		return usageError("backup: serve il file della copia", "sportello backup /var/backups/sportello-2026-11-22.db")
	}
	place, err := findPlace(*flags.config)
	if err != nil {
		return failJSON(*asJSON, err)
	}
	path := fs.Arg(0)
	done, err := writeCopy(path, filepath.Join(place.DataDir, ledger.FileName), func(w io.Writer) (ledger.Copy, error) {
		c, err := ledger.BackupFile(filepath.Join(place.DataDir, ledger.FileName), w)
		if !errors.Is(err, ledger.ErrInUse) && !(errors.Is(err, os.ErrPermission) && *flags.operator != "") {
			return c, err
		}
		return copyFromService(flags, w)
	})
	if err != nil {
		return failBackup(err, path, *asJSON)
	}
	if *asJSON {
		return printJSON(backupAnswer{path, done})
	}
	fmt.Fprintf(os.Stdout, "Copia scritta: %s, %d voci, %d byte.\nSHA-256: %s\nUltima impronta: %s\n", path, done.Entries, done.Bytes, done.SHA256, done.Head)
	fmt.Fprintln(os.Stdout, "Contiene dati personali: conservarla cifrata, su un altro disco. Per verificarla o ripristinarla: sportello restore")
	return exitDone
}

// writeCopy makes a copy under another name, and gives it its own when it is whole and on the disk.
func writeCopy(path, source string, write func(io.Writer) (ledger.Copy, error)) (done ledger.Copy, err error) {
	if _, err := os.Lstat(path); err == nil {
		return done, errCopyThere
	}
	if info, err := os.Stat(source); err == nil {
		if free, err := freeBytes(filepath.Dir(absolutePath(path))); err == nil && free < uint64(info.Size())+spaceBroken {
			return done, fmt.Errorf("%w: servono %d MiB, ce ne sono %d", errNoSpace, (uint64(info.Size())+spaceBroken)>>20, free>>20)
		}
	}
	temp := path + ".parziale"
	_ = os.Remove(temp) // of a stop; what somebody else put there is not written into
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return done, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp)
		}
	}()
	for attempt := 1; ; attempt++ {
		done, err = write(f)
		if !errors.Is(err, errCopyBroken) || attempt == copyAttempts {
			break
		}
		time.Sleep(time.Duration(attempt) * 500 * time.Millisecond)
		if err = errors.Join(f.Truncate(0), rewind(f)); err != nil {
			break
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return done, err
	}
	if err = os.Link(temp, path); err == nil { // never over a file that has come meanwhile
		return done, os.Remove(temp)
	}
	if errors.Is(err, fs.ErrExist) {
		return done, errCopyThere
	}
	return done, os.Rename(temp, path) // a file system without links
}

func rewind(f *os.File) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

func absolutePath(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// maintain is a client that may do upkeep: by the token beside the ledger, or as a supervisor.
func (o connection) maintain(ctx context.Context) (*client, error) {
	if *o.operator != "" {
		return o.open(ctx)
	}
	c, err := dial(*o.config)
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(c.place.DataDir, maintenanceName))
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: questo utente non può leggere %s in %s: serve quello del servizio, o --operator CODICE", errSetup, maintenanceName, c.place.DataDir)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSetup, err)
	}
	c.token, c.fromFile = strings.TrimSpace(string(b)), true
	return c, nil
}

// copyFromService has the service write its copy, and believes it only with its trailers.
func copyFromService(flags connection, w io.Writer) (done ledger.Copy, err error) {
	ctx := context.Background()
	c, err := flags.maintain(ctx)
	if err != nil {
		return done, err
	}
	defer c.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+api+"ledger/backup", http.NoBody)
	if err != nil {
		return done, err
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	long := &http.Client{Transport: c.http.Transport} // the whole takes as long as it takes; the service ends what stands still
	resp, err := long.Do(r)
	var dialing *net.OpError
	switch {
	case errors.As(err, &dialing) && dialing.Op == "dial":
		return done, c.broken(errUnreachable, err, true)
	case err != nil: // given up before it had begun
		return done, errCopyBroken
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		return done, refused(resp.StatusCode, b)
	}
	sum := sha256.New()
	disk := &diskWriter{w: w}
	n, err := io.Copy(io.MultiWriter(disk, sum), resp.Body)
	if disk.err != nil {
		return done, disk.err
	}
	return trailed(n, sum, resp.Trailer, err)
}

// diskWriter tells an error of our disk from one of the service.
type diskWriter struct {
	w   io.Writer
	err error
}

func (d *diskWriter) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if err != nil {
		d.err = err
	}
	return n, err
}

func trailed(n int64, sum hash.Hash, trailer http.Header, err error) (done ledger.Copy, _ error) {
	if err != nil || trailer.Get(ui.SHA256Header) == "" {
		return done, errCopyBroken
	}
	done = ledger.Copy{Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil)), Head: trailer.Get(ui.HeadHeader)}
	if done.SHA256 != trailer.Get(ui.SHA256Header) {
		return done, errCopyBroken
	}
	done.Entries, err = strconv.ParseUint(trailer.Get(ui.EntriesHeader), 10, 64)
	return done, err
}

func failBackup(err error, path string, asJSON bool) int {
	said := func(what, hint string) int {
		if asJSON {
			_ = printJSON(local.ErrorBody{Error: local.Error{Code: local.CodeInternal, Message: what, Hint: hint}})
		}
		complain(what, hint)
		return exitFailed
	}
	var damaged *ledger.DamagedError
	switch {
	case errors.Is(err, errCopyThere):
		return said("il file "+path+" c'è già: non viene sovrascritto", "scegliere un altro nome")
	case errors.Is(err, errNoSpace):
		return said(err.Error(), "liberare spazio, o scrivere la copia su un altro disco")
	case errors.Is(err, syscall.ENOSPC):
		return said("il disco della copia si è riempito: la copia parziale è stata tolta", "liberare spazio, o scrivere la copia su un altro disco")
	case errors.Is(err, errCopyBroken):
		return said("la copia ha ceduto il passo ai pagamenti in corso, e non è stata finita", "ripetere quando la cassa è meno occupata")
	case errors.As(err, &damaged):
		return said("il registro è danneggiato: "+damaged.What, "sportello ledger check dice che cosa; ripristinare l'ultima copia buona con sportello restore")
	case errors.Is(err, ledger.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return said("non c'è un registro, o non c'è la cartella della copia", "controllare data_dir e il percorso della copia")
	case errors.Is(err, fs.ErrPermission):
		return said("questo utente non può farlo", "lanciare il comando con l'utente del servizio (o root, amministratore), o entrare come responsabile: --operator CODICE")
	}
	return failClient(err)
}
