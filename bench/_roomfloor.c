/* The least that telling N viewers twice a second can cost: answer each handshake, then send() the
   same bytes to every socket. No loop library, no tickets, no reading, no bookkeeping.

   usage: floor PORT FRAME_BYTES */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    static const char yes[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                              "Connection: upgrade\r\nSec-WebSocket-Accept: none\r\n\r\n";
    static unsigned char frame[4096];
    static int there[65536];
    int size = atoi(argv[2]), count = 0, one = 1;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    frame[0] = 0x81; frame[1] = 126; frame[2] = size >> 8; frame[3] = size;
    memset(frame + 4, 'x', size);

    int door = socket(AF_INET, SOCK_STREAM, 0), loop = epoll_create1(0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(door, (struct sockaddr *)&at, sizeof at) || listen(door, 4096)) return 1;
    struct epoll_event e = {.events = EPOLLIN, .data.fd = door}, events[512];
    epoll_ctl(loop, EPOLL_CTL_ADD, door, &e);
    double due = now() + 0.5;
    for (;;) {
        double left = due - now();
        int n = epoll_wait(loop, events, 512, left > 0 ? left * 1000 : 0);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            char request[2048];
            if (fd == door) {
                int come = accept4(door, NULL, NULL, SOCK_NONBLOCK);
                if (come < 0) continue;
                setsockopt(come, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                e.data.fd = come;
                epoll_ctl(loop, EPOLL_CTL_ADD, come, &e);
            } else if (read(fd, request, sizeof request) <= 0) {
                epoll_ctl(loop, EPOLL_CTL_DEL, fd, NULL);
                close(fd);
            } else if (!memcmp(request, "GET", 3) && count < 65536) {
                if (write(fd, yes, sizeof yes - 1) < 0) continue;
                there[count++] = fd;
            }
        }
        if (now() < due) continue;
        for (int i = 0; i < count; i++) (void)!send(there[i], frame, 4 + size, MSG_NOSIGNAL);
        due += 0.5;
        if (due < now()) due = now();
    }
}
