"""What a name alone says of a log group, stream or topic: little, and only where no record says more."""

from __future__ import annotations

import re

# Groups that AWS services name after themselves; a trail's group may have any other name, below /aws/ too.
_SERVICES = (
    "aes|amazonmq|amplify|api-gateway|apigateway|apprunner|appsync|batch|bedrock|cloudhsm|codebuild|codepipeline"
    "|cognito|connect|containerinsights|datasync|directoryservice|dms|docdb|ec2|ecs|eks|elasticache"
    "|elasticbeanstalk|emr[a-z-]*|fsx|gamelift|glue|greengrass|imagebuilder|iot|ivs|kinesis|kinesisanalytics"
    "|kinesisfirehose|lambda|lex|mediaconvert|medialive|msk|mwaa|neptune|networkfirewall|opensearch[a-z-]*"
    "|OpenSearchService|rds|redshift|robomaker|route53|sagemaker|ssm|states|stepfunctions|storagegateway"
    "|transfer|vendedlogs|vpc|vpcflowlogs|vpclattice|waf[a-z0-9]*|workspaces"
)
SERVICE_GROUPS = re.compile(
    rf":log-group:(/aws/({_SERVICES})/|API-Gateway-Execution-Logs|/ecs/|RDSOSMetrics|aws-glue|sns/|/aws-)",
    re.IGNORECASE,
)
TRAIL_NAMES = re.compile(
    r"cloud-?trail|(?<![a-z])(ct|trails?)(?![a-z])|audit-?trail", re.IGNORECASE
)
