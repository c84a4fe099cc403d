#!/bin/sh
# The hand of the test inside the virtual machine: each line that comes over the second serial port is a shell's command.
# What it says goes back, then a line "= STATUS". It runs as a service of the machine; vm-machine.sh is the other end.
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty raw -echo
printf '\n= boot\n'
while IFS= read -r command; do
  sh -c "$command" </dev/null
  printf '\n= %s\n' $?
done
