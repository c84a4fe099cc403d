package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/cmd/sportello/internal/settle"
	"sportello/cmd/sportello/internal/till"
	"sportello/protocol/local"
	"sportello/ui"
)

// closeLimit bounds an orderly stop: after it the process ends as at a power cut, which loses nothing.
const closeLimit = 5 * time.Second

// pageLimit is what the open connections of browsers get of it: they may hold one open for no reason.
const pageLimit = time.Second

// cliOperator is whoever uses the command line without signing in: a clerk without a name.
var cliOperator = local.Operator{ID: "cli", Name: "riga di comando", Role: local.RoleClerk}

// What can keep the service from starting, besides its configuration and its ledger.
var (
	errListen = errors.New("the page's address cannot be used") // taken, or not ours
	errData   = errors.New("the data directory cannot be used") // not there, or not ours
)

// runService is the service itself, in the foreground.
func runService(args []string) int {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	path := configFlag(fs)
	page := fs.String("ui-dir", "", "serve la pagina da questa cartella (sviluppo)")
	if !parse(fs, args) {
		return exitUsage
	}
	if fs.NArg() > 0 {
		return usageError(fmt.Sprintf("run: argomento %q di troppo", fs.Arg(0)), "sportello run --config FILE")
	}
	cfg, err := config.Load(orElse(orElse(*path, os.Getenv(configName)), config.DefaultPath()))
	if err != nil {
		return failConfig(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return serve(ctx, cfg, serviceOptions{page: *page}, func() {})
}

// serve runs the service until ctx ends; ready is called when the page answers.
func serve(ctx context.Context, cfg *config.Config, o serviceOptions, ready func()) int {
	log, logs, err := newLog(cfg)
	if err != nil {
		return fail(err)
	}
	defer logs.Close()
	o.log = log
	guard := newGuard(cfg, log)
	go guard.watch(ctx)
	defer guard.end()
	s, err := startService(cfg, o)
	if err != nil {
		if o.failed != nil {
			o.failed(err)
		}
		return failStart(err, cfg)
	}
	guard.usable()
	ready()
	debug.FreeOSMemory() // what only the start needed; an idle service would keep it for hours
	return s.run(ctx)
}

// service is everything that runs on the counter's PC. The parts are started from the ledger outwards
// and ended the other way round.
type service struct {
	log    zerolog.Logger
	ledger *ledger.Ledger
	till   *till.Till
	settle *settle.Worker
	papers *papers

	platform *platform
	server   *ui.Server
	ended    chan error // what the HTTP server ended with
	stops    []func()   // in the order of starting
}

type serviceOptions struct {
	demo  bool
	panel http.Handler // of the demonstration's terminal
	page  string       // folder of the page instead of the embedded one
	port  net.Listener // on the configuration's address, opened already; nil: it is opened here
	log   zerolog.Logger

	failed func(error) // hears why the start failed; nil: nobody asks
}

// startService starts every part; when it returns, the page answers.
func startService(cfg *config.Config, o serviceOptions) (_ *service, err error) {
	s := &service{log: o.log, ended: make(chan error, 1)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	for _, w := range cfg.Warnings {
		s.log.Warn().Int("line", w.Line).Str("key", w.Key).Str("remedy", w.Remedy).Msg(w.Reason)
	}
	if err = os.MkdirAll(cfg.DataDir, 0o750); err != nil {
		return nil, fmt.Errorf("%w: %w", errData, err)
	}
	s.ledger, err = ledger.Open(cfg.DataDir, ledger.Options{
		Installation: cfg.Installation, Log: s.log, Failpoint: named("ledger.", failpoint),
	})
	if err != nil {
		return nil, err
	}
	s.onClose(func() {
		if err := s.ledger.Close(); err != nil {
			s.log.Error().Err(err).Msg("closing the ledger")
		}
	})
	if err = s.ledger.Claim(); err != nil {
		return nil, err
	}
	listener, err := listen(cfg, o.port)
	if err != nil {
		return nil, err
	}
	s.onClose(func() { _ = listener.Close() })
	platform, err := openPlatform(cfg.Platform)
	if err != nil {
		return nil, err
	}
	s.platform = platform
	s.onClose(platform.client.Close)
	hub := ui.NewHub()
	if s.papers, err = openPapers(cfg, s.ledger, hub, s.log); err != nil {
		return nil, err
	}
	s.onClose(s.papers.Close)
	if err = s.startTill(cfg, o, platform); err != nil {
		return nil, err
	}
	if err = s.startServer(cfg, o, hub, listener); err != nil {
		return nil, err
	}
	s.log.Info().Str("version", version).Str("listen", listener.Addr().String()).Str("installation", cfg.Installation).Msg("listening")
	return s, nil
}

// startTill starts what takes money and what follows it to the platform.
func (s *service) startTill(cfg *config.Config, o serviceOptions, platform *platform) error {
	terminals, providers, err := openTerminals(cfg, s.log)
	if err != nil {
		return err
	}
	waiting := &waiting{}
	s.till, err = till.New(till.Options{
		Installation: cfg.Installation, Version: version, Language: cfg.Language, Demo: o.demo,
		Creditors: creditors(cfg), Terminals: terminals, Ledger: s.ledger, Platform: platform,
		Application: cfg.Platform.Application, Services: services(cfg), Offline: offlineChoice(cfg), Queue: waiting,
		Events: s.papers, Log: s.log, Failpoint: failpoint,
	})
	if err != nil {
		return err
	}
	s.settle, err = settle.New(settle.Options{
		Platform: platform, Ledger: s.ledger, Events: s.till, Providers: providers, Log: s.log,
		Ask: platform.Ask, AskPlan: submitRepeats,
		Held: s.till.Restoring, SubmitWindow: submitWindow, SendErrorWait: submitWindow, RepeatPlan: submitRepeats,
	})
	if err != nil {
		return err
	}
	waiting.worker = s.settle
	platform.seen = func(err error) {
		switch {
		case s.till.PlatformSeen(err):
			s.settle.PlatformAnswered()
		case s.till.PlatformDoubted():
			s.settle.PlatformFailed()
		}
	}
	if err := s.till.Start(); err != nil {
		return err
	}
	s.onClose(s.till.Close)
	s.settle.Start()
	s.onClose(s.settle.Close)
	s.onClose(keepRetention(s.ledger, cfg.Retention.Personal, s.log))
	return nil
}

// startServer puts the page in front.
func (s *service) startServer(cfg *config.Config, o serviceOptions, hub *ui.Hub, listener net.Listener) error {
	operators, err := config.OpenOperators(cfg.OperatorsFile)
	if err != nil {
		return err
	}
	token, err := writeToken(cfg.DataDir)
	if err != nil {
		return fmt.Errorf("%w: %w", errData, err)
	}
	maintenance, err := writeMaintenance(cfg.DataDir)
	if err != nil {
		return fmt.Errorf("%w: %w", errData, err)
	}
	uo := ui.Options{
		Till: s.till, Operators: operators, Hub: hub, Hosts: cfg.Hosts, Origins: cfg.Origins,
		Secure: cfg.TLS != nil, Language: local.Language(cfg.Language), Version: version, Log: s.log,
		DemoTerminal: o.panel, Papers: s.papers, Upkeep: &upkeep{cfg: cfg, ledger: s.ledger, till: s.till, platform: s.platform, begun: time.Now()}, MetricsFrom: cfg.Metrics.From,
	}
	if o.page != "" {
		uo.Page = os.DirFS(o.page)
	}
	if s.server, err = ui.New(listener, uo); err != nil {
		return err
	}
	s.server.AddToken(token, cliOperator)
	s.server.SetMaintenance(maintenance)
	go func() { s.ended <- s.server.Serve() }()
	s.onClose(func() {
		ctx, cancel := context.WithTimeout(context.Background(), pageLimit)
		defer cancel()
		if err := s.server.Close(ctx); err != nil {
			s.log.Warn().Err(err).Msg("closing the page")
		}
	})
	return nil
}

func (s *service) onClose(stop func()) { s.stops = append(s.stops, stop) }

// run serves until ctx ends, then stops in order. A second signal, or the limit, ends the process at
// once: what matters is on the disk already.
func (s *service) run(ctx context.Context) int {
	code := exitDone
	select {
	case <-ctx.Done():
		s.log.Info().Msg("stopping")
	case err := <-s.ended:
		s.log.Error().Err(err).Msg("the page's server ended")
		code = exitFailed
	}
	second := make(chan os.Signal, 1)
	signal.Notify(second, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(second)
	closed := make(chan struct{})
	go func() {
		s.close()
		close(closed)
	}()
	select {
	case <-closed:
		return code
	case <-second:
		s.log.Warn().Msg("second signal: ending at once")
	case <-time.After(2 * closeLimit):
		s.log.Error().Msg("the stop took too long: ending at once")
	}
	return exitFailed
}

func (s *service) close() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
	s.stops = nil
}

// listen opens the page's address, unless it was opened already (l), with TLS where the configuration has it.
func listen(cfg *config.Config, l net.Listener) (net.Listener, error) {
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", cfg.Listen); err != nil {
			return nil, fmt.Errorf("%w: %w", errListen, err)
		}
	}
	if cfg.TLS == nil {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLS.Certificate, cfg.TLS.Key)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tls: %w", err), l.Close())
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}), nil
}

// writeToken makes the token of the command line, new at each start: readable by the service's user and
// by the group that the installer names.
func writeToken(dir string) (string, error) {
	var b [32]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	token := hex.EncodeToString(b[:])
	return token, writeShared(filepath.Join(dir, tokenName), []byte(token+"\n"))
}

// named puts a package's name before the points it passes.
func named(prefix string, point func(string)) func(string) {
	if point == nil {
		return nil
	}
	return func(name string) { point(prefix + name) }
}
