// Echo over TCP: two goroutines for each connection, one that asks and one that answers.
package main

import (
	"io"
	"net"
	"sync"
	"time"
)

// Connections, bytes each way, round trips in all.
var traffics = map[string][3]int{
	"echo_1":    {1, 16, 20_000},
	"echo_64":   {64, 16, 64 * 400},
	"echo_5000": {5000, 16, 5000 * 8},
	"echo_4k":   {1, 4096, 20_000},
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func peer(stream net.Conn, asks bool, bytes, rounds int, done *sync.WaitGroup) {
	buffer := make([]byte, bytes)
	for i := 0; i < rounds; i++ {
		if asks {
			_, err := stream.Write(buffer)
			must(err)
		}
		_, err := io.ReadFull(stream, buffer)
		must(err)
		if !asks {
			_, err := stream.Write(buffer)
			must(err)
		}
	}
	done.Done()
}

// Microseconds for each round trip.
func echo(links, bytes, rounds int) float64 {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	var here, there []net.Conn
	for i := 0; i < links; i++ {
		asks, err := net.Dial("tcp", listener.Addr().String())
		must(err)
		answers, err := listener.Accept()
		must(err)
		here, there = append(here, asks), append(there, answers)
	}
	must(listener.Close())
	var done sync.WaitGroup
	done.Add(2 * links)
	begin := time.Now()
	for i := 0; i < links; i++ {
		go peer(there[i], false, bytes, rounds/links, &done)
		go peer(here[i], true, bytes, rounds/links, &done)
	}
	done.Wait()
	us := float64(time.Since(begin).Nanoseconds()) / 1e3 / float64(rounds)
	for i := 0; i < links; i++ {
		must(here[i].Close())
		must(there[i].Close())
	}
	return us
}
