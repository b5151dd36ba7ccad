"""`rnncourse cluster`: what a Dask cluster needs to grade this class."""

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("host", default="HOST")
def cluster(host):
    """Make certificate and keys for a Dask cluster, and show how to start one whose scheduler runs on HOST.

    Run it in the folder with nbgrader_config.py. The files go to grading/cluster/; each machine of the cluster needs a
    copy of the three. Who has them can judge, see the cases of this class and join the cluster: give them to nobody else.
    """
    from rnncourse.cli.grade import class_folder

    try:
        from rnncourse.grading.queue.certificate import NoCertificateError, make_cluster_files
    except ModuleNotFoundError as error:
        raise click.ClickException(f"grading needs {error.name}: pip install 'rnncourse[course,instructors]'") from error
    try:
        place = make_cluster_files(class_folder() / "grading")
    except (NoCertificateError, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    words = "--tls-ca-file certificate.pem --tls-cert certificate.pem --tls-key key.pem"
    click.echo(
        f"Certificate and keys are in {place}. Copy the three files to each machine of the cluster, for one account alone.\n"
        f"\nThe scheduler, on {host}, in the folder with the copies:\n"
        f"  dask scheduler --protocol tls --port 8786 --no-dashboard {words}\n"
        "\nEach worker, likewise; it needs this version of the course and bubblewrap:\n"
        f"  RNNCOURSE_WORKER_KEY=$PWD/worker.key dask worker tls://{host}:8786 --nthreads 1 {words}\n"
        "\nHere:\n"
        f"  rnncourse grade ASSIGNMENT --scheduler tls://{host}:8786\n"
    )
