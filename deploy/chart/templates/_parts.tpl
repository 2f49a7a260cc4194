{{- /* The image, with its tag. */ -}}
{{- define "podnet.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- /* Labels of everything; give the component. */ -}}
{{- define "podnet.labels" -}}
app.kubernetes.io/name: podnet
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- /* What tells the pods of a component from all others; never changes. */ -}}
{{- define "podnet.selector" -}}
app.kubernetes.io/name: podnet
app.kubernetes.io/component: {{ . }}
{{- end -}}

{{- /*
Environment of a process; give the port of its health page, the name of its values, and what is its own beside that, as YAML.
Each name stands there once: Helm installs by server-side apply, which refuses a second one. What fits the rest of the chart cannot be set by env.
*/ -}}
{{- define "podnet.env" -}}
{{- $env := (index .root.Values .values).env | default dict -}}
{{- $own := printf "%s\n%s" .own (include "podnet.envOfEach" .) | trim -}}
{{- range fromYamlArray $own }}
{{- if hasKey $env .name }}
{{- fail (printf "%s.env.%s: the chart sets %s itself, so that it fits ports, mounts and rights; leave it out. Values that change such settings: metrics.exposed, webhook.port, agent.paths, apiServer" $.values .name .name) }}
{{- end }}
{{- end }}
{{- $own }}
{{- range $name, $value := merge (dict) $env (dict "PODNET_LOG_LEVEL" .root.Values.logLevel) }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "podnet.envOfEach" -}}
- {name: PODNET_HEALTH_LISTEN, value: {{ printf "%s:%d" (.root.Values.metrics.exposed | ternary "[::]" "127.0.0.1") .health | quote }}}
{{- with include "podnet.apiServer" .root }}
{{ . }}
{{- end }}
{{- end -}}

{{- /* Where the API server is, if not where the kubelet says. */ -}}
{{- define "podnet.apiServer" -}}
{{- if .Values.apiServer.host -}}
- {name: KUBERNETES_SERVICE_HOST, value: {{ .Values.apiServer.host | quote }}}
- {name: KUBERNETES_SERVICE_PORT, value: {{ .Values.apiServer.port | quote }}}
{{- end }}
{{- end -}}

{{- /*
A pod in the host's network asks for its own page on loopback, which is the host's. On a busy node an answer may take more than the usual second, and nothing is wrong:
an agent that counts as not ready is replaced first in an upgrade, whatever others do.
*/ -}}
{{- define "podnet.probes" -}}
livenessProbe:
  httpGet: {host: 127.0.0.1, path: /healthz, port: {{ . }}}
  initialDelaySeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {host: 127.0.0.1, path: /readyz, port: {{ . }}}
  periodSeconds: 3
  timeoutSeconds: 5
{{- end -}}

{{- /* What has no rights on its host, and runs where there is no pod network yet. */ -}}
{{- define "podnet.anywhere" -}}
hostNetwork: true
dnsPolicy: Default
priorityClassName: system-cluster-critical
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- end -}}

{{- /* The image has programs of Linux alone; give where else a pod may run, as labels of nodes. */ -}}
{{- define "podnet.nodeSelector" -}}
nodeSelector: {{- toYaml (merge (dict "kubernetes.io/os" "linux") (. | default dict)) | nindent 2 }}
{{- end -}}

{{- /* Operator and webhook; give the name of its values. */ -}}
{{- define "podnet.unprivileged" -}}
{{- $values := index .root.Values .values -}}
{{ include "podnet.anywhere" .root }}
{{ include "podnet.nodeSelector" $values.nodeSelector }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
tolerations:
- {key: node.kubernetes.io/not-ready, operator: Exists}
- {key: node.kubernetes.io/network-unavailable, operator: Exists}
- {key: node.cloudprovider.kubernetes.io/uninitialized, operator: Exists}
- {key: node-role.kubernetes.io/control-plane, operator: Exists}
- {key: podnet.dev/not-programmed, operator: Exists}
- {key: startup-taint.cluster-autoscaler.kubernetes.io/podnet-not-programmed, operator: Exists}
{{- end -}}

{{- define "podnet.confined" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end -}}
