#!/usr/bin/env bash
# counter.sh FOLDER DATA [ADDRESS [PLATFORM]]: the configuration of a counter whose terminal and platform are simulated,
# to standard output. FOLDER holds operators.yaml and govpay.password; paths as the counter's system writes them.
set -euo pipefail
folder=$1 data=$2 address=${3:-tcp://127.0.0.1:10000} platform=${4:-http://127.0.0.1:9080}
slash=/
case $folder in *\\*) slash=\\ ;; esac
cat <<YAML
installation: A1
listen: 127.0.0.1:8417
data_dir: '$data'
operators_file: '$folder${slash}operators.yaml'
creditors:
  - {tax_code: "01199250158", name: Comune di Esempio}
terminals:
  - name: cassa1
    label: Cassa 1
    driver: nexi
    address: $address
    terminal_id: "12345678"
    exclusivity: exclusive
    psp: {id: CIPBITMM, intermediary: "13212880150", channel: "13212880150_90", payment_type: CP}
    timing: {result: 70s, hard_stop: 120s, quiet: 5s}
platform:
  driver: govpay
  pagamento: $platform/govpay/frontend/api/pagamento/rs/basic/v2
  pendenze: $platform/govpay/backend/api/pendenze/rs/basic/v2
  ragioneria: $platform/govpay/backend/api/ragioneria/rs/basic/v3
  application: A2A-SPORTELLO
  auth: {user: sportello, password_file: '$folder${slash}govpay.password'}
YAML
