// Simulates a distance between two network namespaces: carries packets between two tun devices with a delay.
//
//     distance MILLISECONDS NEAR NAMESPACE FAR
//
// Creates the devices NEAR here and FAR in the namespace (ip-netns(8)), prints "up", and carries packets until it is killed. Its end removes
// the devices.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 8192, LARGEST = 2048 };

// The packets in transit in one direction.
struct way {
    int from, to;
    unsigned first, end;
    struct packet {
        double due;
        ssize_t size;
        char bytes[LARGEST];
    } *packets;
};

static int make_device(const char *name) {
    struct ifreq request = { 0 };
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
        perror(name);
        exit(1);
    }
    return device;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

// While there is no room, packets wait in the device.
static void take(struct way *way, double delay) {
    while (way->end - way->first < ROOM) {
        struct packet *packet = &way->packets[way->end % ROOM];
        packet->size = read(way->from, packet->bytes, LARGEST);
        if (packet->size <= 0)
            return;
        packet->due = now() + delay;
        way->end++;
    }
}

static void give(struct way *way) {
    while (way->first != way->end && way->packets[way->first % ROOM].due <= now()) {
        struct packet *packet = &way->packets[way->first++ % ROOM];
        // A packet that the device does not accept is lost, as on any link.
        if (write(way->to, packet->bytes, packet->size) < 0)
            continue;
    }
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: distance MILLISECONDS NEAR NAMESPACE FAR\n");
        return 2;
    }
    double delay = atof(words[1]) / 1000;
    int near = make_device(words[2]);
    char path[256];
    snprintf(path, sizeof path, "/run/netns/%s", words[3]);
    int space = open(path, O_RDONLY);
    if (space < 0 || setns(space, CLONE_NEWNET) < 0) {
        perror(path);
        return 1;
    }
    int far = make_device(words[4]);
    struct way ways[2] = { { .from = near, .to = far }, { .from = far, .to = near } };
    for (int i = 0; i < 2; i++) {
        ways[i].packets = malloc(ROOM * sizeof(struct packet));
        if (!ways[i].packets)
            return 1;
    }
    puts("up");
    fflush(stdout);
    for (;;) {
        double wait = 1;
        for (int i = 0; i < 2; i++) {
            struct way *way = &ways[i];
            if (way->first != way->end) {
                double left = way->packets[way->first % ROOM].due - now();
                wait = left < 0 ? 0 : left < wait ? left : wait;
            }
        }
        struct timespec time = { (time_t)wait, (long)((wait - (time_t)wait) * 1e9) };
        struct pollfd devices[2] = { { .fd = near, .events = POLLIN }, { .fd = far, .events = POLLIN } };
        ppoll(devices, 2, &time, NULL);
        for (int i = 0; i < 2; i++) {
            take(&ways[i], delay);
            give(&ways[i]);
        }
    }
}
