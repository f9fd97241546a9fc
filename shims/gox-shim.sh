#!/bin/sh
# gox-shim-marker
exit 1
