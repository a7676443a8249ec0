// go-imap's server over its memory backend, as its README shows it. Built by rig/servers.py.
package main

import (
	"log"
	"os"

	"github.com/emersion/go-imap/backend/memory"
	"github.com/emersion/go-imap/server"
)

func main() {
	s := server.New(memory.New())
	s.Addr = os.Args[1]
	s.AllowInsecureAuth = true
	log.Fatal(s.ListenAndServe())
}
