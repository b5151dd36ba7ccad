"""The environment of a sandboxed kernel: made from nothing, so that no secret of the instructor's is in it."""

import os
import sys
from pathlib import Path

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def environment(home, temp, more=None):
    """All variables of the kernel and of bubblewrap itself, whose own environment can be read inside.

    Args:
        home: the private home folder.
        temp: the private folder for temporary files.
        more: variables that were asked for, such as NBGRADER_EXECUTION.
    """
    return {
        "HOME": home,
        "USER": "learner",
        "LOGNAME": "learner",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), SYSTEM_PATH]),
        "TMPDIR": str(temp),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": f"{home}/.ipython",
        "JUPYTER_CONFIG_DIR": f"{home}/.jupyter",
        "JUPYTER_RUNTIME_DIR": f"{home}/.jupyter-runtime",
        "JUPYTER_NO_CONFIG": "1",
        "RNNCOURSE_HOME": f"{home}/.rnncourse",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        **(more or {}),
    }
