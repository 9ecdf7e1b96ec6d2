// Echo over TCP: two goroutines for each connection, one that asks and one that answers.  Of 10,000
// connections the ends that answer are in a process of their own, this program once more.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Connections, bytes each way, round trips in all.
var traffics = map[string][3]int{
	"echo_1":    {1, 16, 20_000},
	"echo_64":   {64, 16, 64 * 400},
	"echo_5000": {5000, 16, 5000 * 8},
	"echo_4k":   {1, 4096, 20_000},

	"echo_10000": {10_000, 16, 10_000 * 4},
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

// Microseconds until every peer has ended.
func peers(streams []net.Conn, asks bool, bytes, rounds int) float64 {
	var done sync.WaitGroup
	done.Add(len(streams))
	begin := time.Now()
	for _, stream := range streams {
		go peer(stream, asks, bytes, rounds, &done)
	}
	done.Wait()
	return float64(time.Since(begin).Nanoseconds()) / 1e3
}

// The process that answers: prints its port, and a line more once it has all connections.
func echoAnswers(links, bytes, rounds int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	var streams []net.Conn
	for i := 0; i < links; i++ {
		stream, err := listener.Accept()
		must(err)
		streams = append(streams, stream)
	}
	fmt.Println("ready")
	peers(streams, false, bytes, rounds/links)
}

// Microseconds for each round trip.
func echoApart(workers string, links, bytes, rounds int) float64 {
	self, err := os.Executable()
	must(err)
	child := exec.Command(self, "echo_answers", workers, "1")
	said, err := child.StdoutPipe()
	must(err)
	must(child.Start())
	var port int
	_, err = fmt.Fscanln(said, &port)
	must(err)
	var streams []net.Conn
	for i := 0; i < links; i++ {
		stream, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		must(err)
		streams = append(streams, stream)
	}
	var word string
	_, err = fmt.Fscanln(said, &word)
	must(err)
	us := peers(streams, true, bytes, rounds/links) / float64(rounds)
	must(child.Wait())
	for _, stream := range streams {
		must(stream.Close())
	}
	return us
}
