// Somebody else's holder, leader or observer: etcd's own client for Go, as its users use it.
//
//	interop mutex <endpoint> <name> <ttl>     says its key once it holds; SIGINT gives the lock back
//	interop try <endpoint> <name> <ttl>       says "held" or "locked" at once, and ends
//	interop election <endpoint> <name> <ttl>  says its key once it leads; SIGINT resigns
//	interop observe <endpoint> <name>         says key and proposal of each leader that it sees
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

const proposal = "proposal of Go"

func main() {
	command, endpoint, name := os.Args[1], os.Args[2], os.Args[3]
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}})
	check(err)
	defer client.Close()
	if command == "observe" {
		observe(ctx, client, name)
		return
	}
	ttl, err := strconv.Atoi(os.Args[4])
	check(err)
	session, err := concurrency.NewSession(client, concurrency.WithTTL(ttl))
	check(err)
	switch command {
	case "mutex":
		mutex := concurrency.NewMutex(session, name)
		hold(ctx, mutex.Lock, mutex.Key, mutex.Unlock)
	case "try":
		try(ctx, concurrency.NewMutex(session, name))
	case "election":
		election := concurrency.NewElection(session, name)
		campaign := func(ctx context.Context) error { return election.Campaign(ctx, proposal) }
		hold(ctx, campaign, election.Key, election.Resign)
	default:
		check(errors.New("no such command: " + command))
	}
	check(session.Close())
}

type step func(context.Context) error

func hold(ctx context.Context, take step, key func() string, giveBack step) {
	err := take(ctx)
	if errors.Is(err, context.Canceled) {
		return
	}
	check(err)
	fmt.Println(key())
	<-ctx.Done()
	check(giveBack(context.Background()))
}

func try(ctx context.Context, mutex *concurrency.Mutex) {
	switch err := mutex.TryLock(ctx); {
	case err == nil:
		check(mutex.Unlock(ctx))
		fmt.Println("held")
	case errors.Is(err, concurrency.ErrLocked):
		fmt.Println("locked")
	default:
		check(err)
	}
}

func observe(ctx context.Context, client *clientv3.Client, name string) {
	session, err := concurrency.NewSession(client)
	check(err)
	defer session.Close()
	for seen := range concurrency.NewElection(session, name).Observe(ctx) {
		fmt.Printf("%s\n%s\n", seen.Kvs[0].Key, seen.Kvs[0].Value)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
