// Puts the same loads on what is written in Go, above all etcd's own mutex, as drive.ts puts on
// everything else: one load from each line of standard input, one outcome for it to standard output.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

type load struct {
	Peer    string `json:"peer"`
	Callers int    `json:"callers"`
	Keys    string `json:"keys"`
	Prefix  string `json:"prefix"`
	From    int64  `json:"from"`
	Until   int64  `json:"until"`
	StayMs  int64  `json:"stayMs"`
}

type visit struct {
	Holder string `json:"holder"`
	From   int64  `json:"from"`
	Until  int64  `json:"until"`
}

type outcome struct {
	Cycles     int      `json:"cycles"`
	Seconds    float64  `json:"seconds"`
	P50Ms      float64  `json:"p50Ms"`
	Refused    int      `json:"refused"`
	Visits     []visit  `json:"visits"`
	Violations []string `json:"violations"`
}

func main() {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{os.Args[1]}})
	check(err)
	session, err := concurrency.NewSession(client)
	check(err)
	all := &peers{session, &batcher{client: client}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var l load
		check(json.Unmarshal(lines.Bytes(), &l))
		answer, err := json.Marshal(run(all, l))
		check(err)
		fmt.Println(string(answer))
	}
}

func run(all *peers, l load) outcome {
	var lock sync.Mutex
	var callers sync.WaitGroup
	durations := []float64{}
	result := outcome{
		Visits:     []visit{},
		Violations: []string{},
	}
	time.Sleep(time.Duration(l.From-milliseconds()) * time.Millisecond)
	for caller := 0; caller < l.Callers; caller++ {
		callers.Add(1)
		go func(caller int) {
			defer callers.Done()
			holder := fmt.Sprintf("%d.%d", os.Getpid(), caller)
			one := all.of(l.Peer, keyOf(l, caller, 0), nil)
			for cycle := 0; milliseconds() < l.Until; cycle++ {
				if l.Keys == "fresh" {
					one = all.of(l.Peer, keyOf(l, caller, cycle), one)
				}
				started := time.Now()
				one.acquire()
				inside := visit{Holder: holder, From: microseconds()}
				if l.StayMs > 0 {
					time.Sleep(time.Duration(l.StayMs) * time.Millisecond)
				}
				inside.Until = microseconds()
				one.release()
				took := time.Since(started)
				lock.Lock()
				if l.Keys == "one" {
					result.Visits = append(result.Visits, inside)
				}
				durations = append(durations, took.Seconds()*1000)
				lock.Unlock()
			}
			if last, ok := one.(leaver); ok {
				last.leave()
			}
		}(caller)
	}
	callers.Wait()
	result.Seconds = float64(milliseconds()-l.From) / 1000
	result.Cycles = len(durations)
	sort.Float64s(durations)
	result.P50Ms = durations[result.Cycles/2]
	return result
}

func keyOf(l load, caller int, cycle int) string {
	switch l.Keys {
	case "one":
		return l.Prefix
	case "fresh":
		return fmt.Sprintf("%s-%d-%d-%d", l.Prefix, caller, os.Getpid(), cycle)
	default:
		return fmt.Sprintf("%s-%d", l.Prefix, caller)
	}
}

func milliseconds() int64 { return time.Now().UnixNano() / 1e6 }

// The wall clock, which all processes share.
func microseconds() int64 { return time.Now().UnixNano() / 1e3 }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
