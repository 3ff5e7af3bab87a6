package main

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// peer is what one caller uses, on one key after the other.
type peer interface {
	acquire()
	release()
}

// A peer that others wait for hears that its caller has left.
type leaver interface{ leave() }

type mutex struct{ *concurrency.Mutex }

func (m mutex) acquire() { check(m.Lock(context.Background())) }
func (m mutex) release() { check(m.Unlock(context.Background())) }

// rawPut is no lock: a put, and a delete where it is one of a pair.
type rawPut struct {
	client *clientv3.Client
	key    string
	pair   bool
}

func (p rawPut) acquire() {
	_, err := p.client.Put(context.Background(), p.key, "")
	check(err)
}

func (p rawPut) release() {
	if p.pair {
		_, err := p.client.Delete(context.Background(), p.key)
		check(err)
	}
}

type peers struct {
	session *concurrency.Session
	batcher *batcher
}

// of makes a peer; the one that its caller used before knows what it has heard of.
func (all *peers) of(name string, key string, before peer) peer {
	client := all.session.Client()
	switch name {
	case "mutex":
		return mutex{concurrency.NewMutex(all.session, "bench/go/"+key)}
	case "puts":
		return rawPut{client, "bench/go-raw/" + key, false}
	case "pairs":
		return rawPut{client, "bench/go-raw/" + key, true}
	case "batches":
		next := &ticket{batcher: all.batcher, lease: all.session.Lease(), prefix: "bench/go-batches/" + key + "/"}
		if last, ok := before.(*ticket); ok {
			next.heard = last.heard
		}
		return next
	}
	check(fmt.Errorf("there is no %s", name))
	return nil
}
