#!/bin/sh
# Chromium without the two pages of its own address bar's list. Headless too, it loads them for
# every window, which takes the processor as long as a small page of the app (0.6 s) and shows
# nothing. A list of features counts once, the last one; so this adds to Playwright's own list.
#
#   BROWSER=/usr/bin/chromium chromium.sh FLAG...
for flag; do
  shift
  case $flag in
    --disable-features=*) flag=$flag,WebUIOmniboxPopup,WebUIOmniboxAimPopup ;;
  esac
  set -- "$@" "$flag"
done
exec "$BROWSER" "$@"
