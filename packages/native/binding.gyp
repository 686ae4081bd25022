{
  'targets': [{
    'target_name': 'vde_native',
    'sources': [
      "<!@(node -p \"require('fs').readdirSync('csrc').filter(n => n.endsWith('.c') && n !== 'selftest.c').map(n => 'csrc/' + n).join(' ')\")"
    ],
    'defines': ['NAPI_VERSION=8'],
    'cflags': ['-std=gnu11', '-O2', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror'],
    'ldflags': ['-pthread', '-Wl,-z,nodelete,-z,now']
  }]
}
