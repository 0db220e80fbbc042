"""A relay behind implicit TLS: prints its port, then a line for each message that it took."""
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)


def converse(plain):
    try:
        stream = context.wrap_socket(plain, server_side=True)
        lines = stream.makefile("rb")
        stream.sendall(b"220 relay.example ESMTP\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"EHLO":
                stream.sendall(b"250-relay.example\r\n250 PIPELINING\r\n")
            elif verb == b"DATA":
                stream.sendall(b"354 go on\r\n")
                while lines.readline() not in (b".\r\n", b""):
                    pass
                print("taken", flush=True)
                stream.sendall(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                stream.sendall(b"221 2.0.0 bye\r\n")
                return
            else:
                stream.sendall(b"250 2.0.0 ok\r\n")
    except OSError:
        return


while True:
    threading.Thread(target=converse, args=(listener.accept()[0],), daemon=True).start()
