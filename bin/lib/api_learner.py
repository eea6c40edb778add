"""Waits for the site, makes the profile of learner 42 there, and prints the token that speaks for it.

    EMBED_TOKEN_SECRET=… api_learner.py http://localhost:3000

For the API test of bin/test, which must not lean on the program that it tests: the token is signed
here.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(claims: dict, secret: bytes) -> str:
    parts = [encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(parts)
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def make_profile(site: str, token: str) -> None:
    request = urllib.request.Request(
        f"{site}/api/auth/profile",
        data=json.dumps({"moodle_user_id": "42"}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(request, timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            sys.exit(f"the profile was refused: {error.code} {error.read().decode()}")
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"the site does not answer: {error}")
            time.sleep(0.1)


token = sign({"sub": "42", "exp": int(time.time()) + 3600}, os.environ["EMBED_TOKEN_SECRET"].encode())
make_profile(sys.argv[1], token)
print(token)
