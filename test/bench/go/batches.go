package main

import (
	"context"
	"fmt"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// As lib/core/store/group-commit.ts has them.
const (
	mostOperations = 120
	worthACommit   = 64
	mostCommits    = 3
)

const value = `{"mode":"exclusive","host":"localhost","pid":10000,"label":"","since":1700000000000}`

type pending struct {
	op    clientv3.Op
	reply chan *reply
}

type reply struct {
	revision int64
	batch    *sync.WaitGroup
}

// batcher sends what our lock sends, in the batches in which it sends it, with nothing behind them.
type batcher struct {
	client   *clientv3.Client
	lock     sync.Mutex
	waiting  []*pending
	underWay int
}

// do resolves with the revision of the commit. Whoever was answered by a commit asks for the next
// thing, or leaves, before the next commit is put together: as it is in a single thread.
func (b *batcher) do(op clientv3.Op, last *sync.WaitGroup) (int64, *sync.WaitGroup) {
	one := &pending{op, make(chan *reply, 1)}
	b.lock.Lock()
	b.waiting = append(b.waiting, one)
	b.flush()
	b.lock.Unlock()
	if last != nil {
		last.Done()
	}
	answer := <-one.reply
	return answer.revision, answer.batch
}

func (b *batcher) flush() {
	for b.mayFlush() {
		size := min(len(b.waiting), mostOperations-3)
		batch := b.waiting[:size:size]
		b.waiting = b.waiting[size:]
		b.underWay++
		go b.commit(batch)
	}
}

func (b *batcher) mayFlush() bool {
	if b.underWay == 0 {
		return len(b.waiting) > 0
	}
	return b.underWay < mostCommits && len(b.waiting) >= worthACommit
}

func (b *batcher) commit(batch []*pending) {
	ops := make([]clientv3.Op, len(batch))
	for index, one := range batch {
		ops[index] = one.op
	}
	response, err := b.client.Txn(context.Background()).Then(ops...).Commit()
	check(err)
	for _, one := range response.Responses {
		if !one.GetResponseTxn().Succeeded {
			check(fmt.Errorf("a ticket was there already, or was gone"))
		}
	}
	var heard sync.WaitGroup
	heard.Add(len(batch))
	for _, one := range batch {
		one.reply <- &reply{response.Header.Revision, &heard}
	}
	heard.Wait()
	b.lock.Lock()
	b.underWay--
	b.flush()
	b.lock.Unlock()
}

// ticket is a peer that excludes nobody: it is for callers with a key each.
type ticket struct {
	batcher *batcher
	lease   clientv3.LeaseID
	prefix  string
	created int64
	heard   *sync.WaitGroup
}

func (t *ticket) name() string { return fmt.Sprintf("%s%x", t.prefix, t.lease) }

func (t *ticket) acquire() {
	read := clientv3.OpGet(t.prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly(),
		clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend))
	fence := fmt.Sprintf("bench/go-batches/@fence/%x", t.lease)
	t.created, t.heard = t.batcher.do(clientv3.OpTxn(
		[]clientv3.Cmp{
			clientv3.Compare(clientv3.Version(fence), "=", 0),
			clientv3.Compare(clientv3.CreateRevision(t.name()), "=", 0),
		},
		[]clientv3.Op{clientv3.OpPut(t.name(), value, clientv3.WithLease(t.lease)), read},
		[]clientv3.Op{read},
	), t.heard)
}

func (t *ticket) release() {
	_, t.heard = t.batcher.do(clientv3.OpTxn(
		[]clientv3.Cmp{clientv3.Compare(clientv3.CreateRevision(t.name()), "=", t.created)},
		[]clientv3.Op{clientv3.OpDelete(t.name())},
		nil,
	), t.heard)
}

func (t *ticket) leave() {
	if t.heard != nil {
		t.heard.Done()
	}
}
