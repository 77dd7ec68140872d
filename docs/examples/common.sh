# What the journeys share: a folder to work in, and the workflow started there. Sourced by run.sh, with its arguments.
example=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$example/../../.." && pwd)
work=${1:?give a folder to work in}
shift
mkdir -p "$work"
cp "$example"/*.yaml "$work"
for file in "$example"/*.py; do [ ! -e "$file" ] || cp "$file" "$work"; done
cd "$work"

workflow() { # codes, scores, draws; arguments go to snakemake
  snakemake --snakefile "$project/Snakefile" --cores "${CORES:-2}" --configfile config.yaml "$@"
  name=$(sed -n 's/^name: *//p' config.yaml)
  echo "page:  $PWD/reports/$name/index.html"
  echo "LaTeX: $PWD/reports/$name/tables/bd_rate.tex"
}
